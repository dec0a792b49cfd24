/*
 * First process of the tick guest. Built static: it is all that the initramfs holds besides busybox.
 *   ttyS1: `T <number> <microseconds of CLOCK_MONOTONIC>` every tick=MILLISECONDS (kernel argument, default 20).
 *          A gap in the numbers is a lost tick, a gap in the times is a guest that stood still.
 *   ttyS0: the console: `alive <number>` once a second, and a busybox shell.
 *   ttyS2: with disk=MILLISECONDS, `D <number> <microseconds>` after each block written to /dev/vda and flushed.
 *   eth0:  with address=A.B.C.D (a /24), up with that address: the kernel answers pings.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

/* The value of KEY= on the kernel's command line, up to a blank; empty where it is not there. */
static const char *argument(const char *key, char *value, size_t size) {
  static char line[4096];
  if (line[0] == 0) {
    int fd = open("/proc/cmdline", O_RDONLY);
    if (fd >= 0 && read(fd, line + 1, sizeof line - 2) > 0) line[0] = ' ';
    close(fd);
  }
  value[0] = 0;
  char sought[32];
  snprintf(sought, sizeof sought, " %s=", key);
  const char *found = strstr(line, sought);
  if (found) snprintf(value, size, "%.*s", (int)strcspn(found + strlen(sought), " \n"), found + strlen(sought));
  return value;
}

static long milliseconds(const char *key, long otherwise) {
  char value[32];
  long number = atol(argument(key, value, sizeof value));
  return number > 0 ? number : otherwise;
}

static void nothing(unsigned long number) { (void)number; }

static int disk = -1;

/* Only what reached the disk counts: the next line comes after the write and the flush. */
static void write_block(unsigned long number) {
  static char block[4096];
  memcpy(block, &number, sizeof number);
  if (pwrite(disk, block, sizeof block, (off_t)(number % 256) * 4096) != sizeof block || fsync(disk) != 0) {
    dprintf(1, "E %lu write failed\n", number);
  }
}

/* Absolute deadlines: a late tick is followed by the ones it delayed, so none is ever skipped below one second. */
static void beat(const char *terminal, const char *format, long period_ms, void (*work)(unsigned long)) {
  use_terminal(terminal, RAW);
  struct timespec next, now;
  clock_gettime(CLOCK_MONOTONIC, &next);
  for (unsigned long number = 0;; number++) {
    char text[64];
    work(number);
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

static void insert_modules(void) {
  /* Each behind those that it needs. */
  static const char *const names[] = {"virtio_ring", "virtio",      "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci",
                                      "virtio_blk", "failover",    "net_failover",          "virtio_net"};
  for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
    char path[64];
    snprintf(path, sizeof path, "/modules/%s.ko", names[index]);
    int fd = open(path, O_RDONLY);
    /* A kernel that has it built in ships no file. */
    if (fd >= 0) syscall(SYS_finit_module, fd, "", 0);
    close(fd);
  }
}

static void set_address(const char *text) {
  struct ifreq request = {0};
  struct sockaddr_in *address = (struct sockaddr_in *)&request.ifr_addr;
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  strcpy(request.ifr_name, "eth0");
  address->sin_family = AF_INET;
  inet_pton(AF_INET, text, &address->sin_addr);
  if (ioctl(fd, SIOCSIFADDR, &request) != 0) perror("eth0");
  address->sin_addr.s_addr = htonl(0xffffff00);
  ioctl(fd, SIOCSIFNETMASK, &request);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  ioctl(fd, SIOCSIFFLAGS, &request);
  close(fd);
}

int main(void) {
  mkdir("/dev", 0755);
  mkdir("/proc", 0755);
  mkdir("/sys", 0755);
  mkdir("/tmp", 0755);
  mount("devtmpfs", "/dev", "devtmpfs", 0, 0);
  mount("proc", "/proc", "proc", 0, 0);
  mount("sysfs", "/sys", "sysfs", 0, 0);

  char address[32];
  long disk_ms = milliseconds("disk", 0);
  argument("address", address, sizeof address);
  if (disk_ms > 0 || address[0] != 0) insert_modules();
  if (address[0] != 0) set_address(address);

  if (fork() == 0) beat("/dev/ttyS1", "T %lu %lld\n", milliseconds("tick", 20), nothing);
  if (fork() == 0) beat("/dev/ttyS0", "alive %lu\r\n", 1000, nothing);
  if (disk_ms > 0 && fork() == 0) {
    disk = open("/dev/vda", O_WRONLY);
    beat("/dev/ttyS2", "D %lu %lld\n", disk_ms, write_block);
  }
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
