/*
 * ping ADDRESS MILLISECONDS [ANSWERS]: sends an ICMP echo request every so often, until that many answers or SIGINT or SIGTERM.
 * Prints a line for each answer, and a last one with how many were sent. Its receive buffer takes minutes of answers. That of
 * busybox ping takes a few dozen: those that a guest gives all at once, after it had to wait for the processor, would count as lost.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct packet {
  struct icmphdr header;
  long long sent_us;
  char filling[48];
};

static volatile sig_atomic_t stopped;
/* Answers that are still waited for; 0 where only a signal ends it. */
static long wanted;

static void stop(int number) {
  (void)number;
  stopped = 1;
}

static long long now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/* RFC 1071. */
static unsigned short checksum(const void *data, size_t size) {
  const unsigned short *word = data;
  unsigned long sum = 0;
  for (; size > 1; size -= 2) sum += *word++;
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return (unsigned short)~sum;
}

/* Sequence numbers have 16 bits on the wire: the packet's own time tells which round an answer belongs to. */
static void receive(int fd, unsigned short id, long long start_us, long period_us) {
  char buffer[256];
  ssize_t size;
  while ((size = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT)) > 0) {
    size_t skipped = (size_t)(buffer[0] & 15) * 4;
    struct packet answer;
    if ((size_t)size < skipped + sizeof answer) continue;
    memcpy(&answer, buffer + skipped, sizeof answer);
    if (answer.header.type != ICMP_ECHOREPLY || answer.header.un.echo.id != id) continue;
    long long number = (answer.sent_us - start_us + period_us / 2) / period_us;
    printf("answer: seq=%lld time=%.3f ms\n", number, (now_us() - answer.sent_us) / 1000.0);
    if (wanted > 0 && --wanted == 0) stopped = 1;
  }
}

int main(int count, char **words) {
  if (count != 3 && count != 4) return 2;
  if (count == 4) wanted = atol(words[3]);
  struct sockaddr_in to = {.sin_family = AF_INET};
  long period_us = atol(words[2]) * 1000;
  if (inet_pton(AF_INET, words[1], &to.sin_addr) != 1 || period_us <= 0) return 2;
  int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  int buffer = 16 << 20;
  if (fd < 0) {
    perror("socket");
    return 1;
  }
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0) {
    perror("receive buffer");
    return 1;
  }
  struct sigaction action = {.sa_handler = stop};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  unsigned short id = htons((unsigned short)getpid());
  long long start_us = now_us(), sent = 0;
  while (!stopped) {
    /* A sender that was late sends what it missed under the times at which it was due. */
    while (!stopped && now_us() >= start_us + sent * period_us) {
      struct packet request = {.header = {.type = ICMP_ECHO}, .sent_us = start_us + sent * period_us};
      request.header.un.echo.id = id;
      request.header.un.echo.sequence = htons((unsigned short)sent);
      request.header.checksum = checksum(&request, sizeof request);
      /* A full queue of the card is a packet lost, and shows as one. */
      sendto(fd, &request, sizeof request, 0, (struct sockaddr *)&to, sizeof to);
      sent++;
      receive(fd, id, start_us, period_us);
    }
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    long long left_us = start_us + sent * period_us - now_us();
    poll(&wait, 1, left_us > 0 ? (int)(left_us / 1000) : 0);
    receive(fd, id, start_us, period_us);
  }
  receive(fd, id, start_us, period_us);
  printf("\n%lld packets transmitted\n", sent);
  return 0;
}
