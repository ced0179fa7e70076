/* Refuses system calls on the files below a folder, as a page of shared memory says: what a disk does that fails.
 *
 * PLINTH_SHIM_FOLDER: only files below it. PLINTH_SHIM_PAGE: a file of 256 bytes, mapped here and written by the test:
 * int32 armed, call, after, times, errno, part, seen, refused; then the name of the file (any, when it is empty). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPEN = 1, WRITE, FLUSH, TRUNCATE, RENAME, UNLINK, READ };
struct page {
  int32_t armed, call, after, times, err, part, seen, refused;
  char name[64];
};
static volatile struct page *page;
static const char *folder;

static void __attribute__((constructor)) begin(void) {
  const char *at = getenv("PLINTH_SHIM_PAGE");
  folder = getenv("PLINTH_SHIM_FOLDER");
  if (!at || !folder) return;
  int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
  int file = real(at, O_RDWR);
  if (file < 0) abort();
  page = mmap(NULL, 256, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (page == MAP_FAILED) abort();
  close(file);
}

/* Of a write that was refused lmdb makes a text in 100 bytes that can be longer. That is its fault, and not what is tested. */
extern void *__libc_malloc(size_t);
void *malloc(size_t bytes) { return __libc_malloc(bytes == 100 ? 200 : bytes); }

/* Whether this call is refused; errno is set then. `part`: a write takes half of its bytes first. */
static int refused(int call, const char *path) {
  if (!page || !page->armed || page->call != call || !path) return 0;
  size_t length = strlen(folder);
  if (strncmp(path, folder, length)) return 0;
  if (page->name[0]) {
    const char *last = strrchr(path, '/');
    if (strcmp(last ? last + 1 : path, (const char *)page->name)) return 0;
  }
  if (__sync_fetch_and_add(&page->seen, 1) < page->after) return 0;
  if (__sync_fetch_and_add(&page->refused, 1) >= page->times) return 0;
  errno = page->err;
  return 1;
}

static int refused_file(int call, int file) {
  if (!page || !page->armed || page->call != call) return 0;
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return refused(call, path);
}

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__); \
  if (!real) real = dlsym(RTLD_NEXT, #name)

#define OPENS(name) \
  int name(const char *path, int flags, ...) { \
    REAL(int, name, const char *, int, ...); \
    va_list rest; \
    va_start(rest, flags); \
    int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, int) : 0; \
    va_end(rest); \
    return refused(OPEN, path) ? -1 : real(path, flags, mode); \
  }
OPENS(open)
OPENS(open64)

/* A disk that fills up takes a part of a write before it refuses the rest. */
#define HALF(bytes) ((page->part && (bytes) > 1) ? (bytes) / 2 : 0)

ssize_t write(int file, const void *bytes, size_t count) {
  REAL(ssize_t, write, int, const void *, size_t);
  if (!refused_file(WRITE, file)) return real(file, bytes, count);
  return HALF(count) ? real(file, bytes, HALF(count)) : -1;
}
#define PWRITES(name) \
  ssize_t name(int file, const void *bytes, size_t count, off_t at) { \
    REAL(ssize_t, name, int, const void *, size_t, off_t); \
    if (!refused_file(WRITE, file)) return real(file, bytes, count, at); \
    return HALF(count) ? real(file, bytes, HALF(count), at) : -1; \
  }
PWRITES(pwrite)
PWRITES(pwrite64)
ssize_t writev(int file, const struct iovec *parts, int count) {
  REAL(ssize_t, writev, int, const struct iovec *, int);
  if (!refused_file(WRITE, file)) return real(file, parts, count);
  return HALF(count) ? real(file, parts, HALF(count)) : -1;
}
#define PWRITEVS(name) \
  ssize_t name(int file, const struct iovec *parts, int count, off_t at) { \
    REAL(ssize_t, name, int, const struct iovec *, int, off_t); \
    if (!refused_file(WRITE, file)) return real(file, parts, count, at); \
    return HALF(count) ? real(file, parts, HALF(count), at) : -1; \
  }
PWRITEVS(pwritev)
PWRITEVS(pwritev64)

#define READS(name) \
  ssize_t name(int file, void *bytes, size_t count, off_t at) { \
    REAL(ssize_t, name, int, void *, size_t, off_t); \
    return refused_file(READ, file) ? -1 : real(file, bytes, count, at); \
  }
READS(pread)
READS(pread64)
ssize_t read(int file, void *bytes, size_t count) {
  REAL(ssize_t, read, int, void *, size_t);
  return refused_file(READ, file) ? -1 : real(file, bytes, count);
}

#define FLUSHES(name) \
  int name(int file) { \
    REAL(int, name, int); \
    return refused_file(FLUSH, file) ? -1 : real(file); \
  }
FLUSHES(fsync)
FLUSHES(fdatasync)

#define TRUNCATES(name) \
  int name(int file, off_t length) { \
    REAL(int, name, int, off_t); \
    return refused_file(TRUNCATE, file) ? -1 : real(file, length); \
  }
TRUNCATES(ftruncate)
TRUNCATES(ftruncate64)

int rename(const char *from, const char *to) {
  REAL(int, rename, const char *, const char *);
  return refused(RENAME, to) ? -1 : real(from, to);
}
int unlink(const char *path) {
  REAL(int, unlink, const char *);
  return refused(UNLINK, path) ? -1 : real(path);
}
