"""Every address of the office."""

from django.urls import include, path

from lianfang.web.site import probes, views

urlpatterns = [
    path("", include("lianfang.web.frame.urls")),
    path("", include("lianfang.web.desk.urls")),
    path("", include("lianfang.web.identify.urls")),
    path("", include("lianfang.web.accounts.urls")),
    path("", include("lianfang.web.cases.urls")),
    path("", include("lianfang.web.cases.exhibit_urls")),
    path("", include("lianfang.web.api.urls")),
    path("account/", include(views.account_addresses())),
    path("health", views.health, name="site-health"),
    path("health/live", probes.live, name="site-health-live"),
    path("health/ready", probes.ready, name="site-health-ready"),
    path("metrics", probes.metrics, name="site-metrics"),
]

handler404 = "lianfang.web.site.errors.not_found"
handler500 = "lianfang.web.site.errors.broken"
