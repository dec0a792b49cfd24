/*
 * First process of the tick guest. Built static: it is all that the initramfs holds besides busybox.
 *   ttyS1: `T <number> <microseconds of CLOCK_MONOTONIC>` every tick=MILLISECONDS (kernel argument, default 20).
 *          A gap in the numbers is a lost tick, a gap in the times is a guest that stood still.
 *   ttyS0: the console: `alive <number>` once a second, and a busybox shell.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum terminal_mode { RAW, COOKED };

static void use_terminal(const char *path, enum terminal_mode mode) {
  int fd = open(path, O_RDWR | O_NOCTTY);
  if (fd < 0) _exit(1);
  struct termios settings;
  if (tcgetattr(fd, &settings) == 0) {
    if (mode == RAW) cfmakeraw(&settings);
    cfsetspeed(&settings, B115200);
    tcsetattr(fd, TCSANOW, &settings);
  }
  for (int target = 0; target < 3; target++) dup2(fd, target);
  if (fd > 2) close(fd);
}

static long tick_ms(void) {
  char line[4096] = {0};
  int fd = open("/proc/cmdline", O_RDONLY);
  if (fd >= 0 && read(fd, line, sizeof line - 1) > 0) {
    const char *found = strstr(line, "tick=");
    if (found && atol(found + 5) > 0) return atol(found + 5);
  }
  return 20;
}

/* Absolute deadlines: a late tick is followed by the ones it delayed, so none is ever skipped below one second. */
static void beat(const char *terminal, const char *format, long period_ms) {
  use_terminal(terminal, RAW);
  struct timespec next, now;
  clock_gettime(CLOCK_MONOTONIC, &next);
  for (unsigned long number = 0;; number++) {
    char text[64];
    clock_gettime(CLOCK_MONOTONIC, &now);
    int length = snprintf(text, sizeof text, format, number, (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    for (int done = 0; done < length;) {
      ssize_t written = write(1, text + done, length - done);
      if (written > 0) done += written;
    }
    next.tv_nsec += period_ms % 1000 * 1000000;
    next.tv_sec += period_ms / 1000 + next.tv_nsec / 1000000000;
    next.tv_nsec %= 1000000000;
    if (now.tv_sec - next.tv_sec > 1) next = now;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
  }
}

int main(void) {
  mkdir("/dev", 0755);
  mkdir("/proc", 0755);
  mkdir("/sys", 0755);
  mkdir("/tmp", 0755);
  mount("devtmpfs", "/dev", "devtmpfs", 0, 0);
  mount("proc", "/proc", "proc", 0, 0);
  mount("sysfs", "/sys", "sysfs", 0, 0);

  if (fork() == 0) beat("/dev/ttyS1", "T %lu %lld\n", tick_ms());
  if (fork() == 0) beat("/dev/ttyS0", "alive %lu\r\n", 1000);
  for (;;) {
    pid_t shell = fork();
    if (shell == 0) {
      setsid();
      use_terminal("/dev/ttyS0", COOKED);
      ioctl(0, TIOCSCTTY, 1);
      puts("tick guest ready");
      fflush(stdout);
      execl("/bin/busybox", "sh", (char *)0);
      _exit(1);
    }
    pid_t ended;
    do ended = wait(0);
    while (ended > 0 && ended != shell);
    sleep(1);
  }
}
