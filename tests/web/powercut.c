/* A disk that forgets what nobody waited for: after every fsync of a file below $CUT_HOME its content is kept in
   $CUT_KEPT/<inode>, after every fsync of a folder its names in $CUT_KEPT/names. What stands there is what the platters
   hold when the power goes; see test_log_promise.py. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void keep_content(int fd, unsigned long inode, const char *kept) {
  char to[512], beside[560], from[64], part[65536];
  snprintf(to, sizeof to, "%s/%lu", kept, inode);
  snprintf(beside, sizeof beside, "%s.%d.new", to, (int)getpid());
  snprintf(from, sizeof from, "/proc/self/fd/%d", fd);
  int in = open(from, O_RDONLY), out = open(beside, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  for (ssize_t n; in >= 0 && out >= 0 && (n = read(in, part, sizeof part)) > 0;)
    if (write(out, part, n) != n) abort();
  if (in < 0 || out < 0) abort();
  close(in), close(out);
  rename(beside, to);
  dup(fd); /* an inode that is held open is not given to another file */
}

static void keep_names(const char *path, const char *kept) {
  char line[1024];
  DIR *folder = opendir(path);
  if (!folder) return;
  snprintf(line, sizeof line, "%s/names", kept);
  int out = open(line, O_WRONLY | O_CREAT | O_APPEND, 0600);
  dprintf(out, "folder %s\n", path);
  for (struct dirent *one; (one = readdir(folder));)
    if (one->d_name[0] != '.' || (one->d_name[1] && one->d_name[1] != '.')) dprintf(out, "name %lu %s\n", (unsigned long)one->d_ino, one->d_name);
  dprintf(out, "end\n");
  close(out), closedir(folder);
}

static void keep(int fd) {
  const char *home = getenv("CUT_HOME"), *kept = getenv("CUT_KEPT");
  char name[64], path[4096];
  struct stat told;
  if (!home || !kept) return;
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(name, path, sizeof path - 1);
  if (n <= 0 || fstat(fd, &told)) return;
  path[n] = 0;
  if (strncmp(path, home, strlen(home))) return;
  if (S_ISDIR(told.st_mode)) keep_names(path, kept);
  else keep_content(fd, told.st_ino, kept);
}

int fsync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  int done = real(fd);
  if (!done) keep(fd);
  return done;
}

int fdatasync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  int done = real(fd);
  if (!done) keep(fd);
  return done;
}
