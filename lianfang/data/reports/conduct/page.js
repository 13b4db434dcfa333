"use strict";
(() => {
  const root = document.documentElement;
  document.getElementById("language").addEventListener("click", () => {
    root.lang = root.lang === "en" ? "zh-Hans" : "en";
  });
  if (location.hash === "#en") root.lang = "en";
})();
