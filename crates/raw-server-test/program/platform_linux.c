/* The platform on Linux. */
#include "platform.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void must(int condition, const char *what)
{
    if (!condition) {
        perror(what);
        exit(1);
    }
}

void start_platform(unsigned seconds)
{
    alarm(seconds);
}

THREAD start_thread(void *(*run)(void *), void *argument)
{
    pthread_t thread;
    must(pthread_create(&thread, NULL, run, argument) == 0, "pthread_create");
    return (THREAD)thread;
}

void join_thread(THREAD thread)
{
    must(pthread_join((pthread_t)thread, NULL) == 0, "pthread_join");
}

void count(int *what)
{
    pthread_mutex_lock(&lock);
    ++*what;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

void wait_for(const int *what, int value)
{
    pthread_mutex_lock(&lock);
    while (*what != value)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static PLAIN_SOCKET new_socket(void)
{
    int made = socket(AF_INET, SOCK_STREAM, 0);
    must(made >= 0, "socket");
    return (PLAIN_SOCKET)made;
}

static struct sockaddr_in loopback(unsigned short port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

PLAIN_SOCKET listen_on_loopback(unsigned short *port)
{
    struct sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    int listener = (int)new_socket();
    must(bind(listener, (struct sockaddr *)&address, length) == 0, "bind");
    must(getsockname(listener, (struct sockaddr *)&address, &length) == 0, "getsockname");
    must(listen(listener, 16) == 0, "listen");
    *port = ntohs(address.sin_port);
    return (PLAIN_SOCKET)listener;
}

PLAIN_SOCKET connect_to(unsigned short port)
{
    struct sockaddr_in address = loopback(port);
    int made = (int)new_socket();
    must(connect(made, (struct sockaddr *)&address, sizeof address) == 0, "connect");
    return (PLAIN_SOCKET)made;
}

PLAIN_SOCKET accept_from(PLAIN_SOCKET listener)
{
    int on = 1, accepted = accept((int)listener, NULL, NULL);
    must(accepted >= 0, "accept");
    must(setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0, "TCP_NODELAY");
    return (PLAIN_SOCKET)accepted;
}

int send_all(PLAIN_SOCKET socket, const void *bytes, size_t length)
{
    return send((int)socket, bytes, length, MSG_NOSIGNAL) == (ssize_t)length;
}

int receive_all(PLAIN_SOCKET socket, void *bytes, size_t length)
{
    return recv((int)socket, bytes, length, MSG_WAITALL) == (ssize_t)length;
}

int end_sending(PLAIN_SOCKET socket)
{
    return shutdown((int)socket, SHUT_WR) == 0;
}

int is_at_end(PLAIN_SOCKET socket)
{
    char byte;
    return recv((int)socket, &byte, 1, 0) == 0;
}

void close_plain(PLAIN_SOCKET socket)
{
    close((int)socket);
}
