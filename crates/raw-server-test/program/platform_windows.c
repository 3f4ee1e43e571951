/* The platform on Windows. It calls the functions of the system that the program has under other
 * names, so it includes the system's headers and not the program's. */
#include "platform.h"

#include <winsock2.h>

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>

static CRITICAL_SECTION lock;
static CONDITION_VARIABLE changed;
static DWORD limit_ms;

typedef struct {
    void *(*run)(void *);
    void *argument;
} BEGIN;

static void must(int condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "%s: error %lu\n", what, GetLastError());
        exit(1);
    }
}

static DWORD WINAPI end_what_hangs(void *unused)
{
    (void)unused;
    Sleep(limit_ms);
    fprintf(stderr, "the time is over\n");
    ExitProcess(3);
    return 0;
}

void start_platform(unsigned seconds)
{
    WSADATA data;
    InitializeCriticalSection(&lock);
    InitializeConditionVariable(&changed);
    must(WSAStartup(MAKEWORD(2, 2), &data) == 0, "WSAStartup");
    limit_ms = seconds * 1000;
    must(CreateThread(NULL, 0, end_what_hangs, NULL, 0, NULL) != NULL, "CreateThread");
}

static DWORD WINAPI begin(void *given)
{
    BEGIN to_begin = *(BEGIN *)given;
    free(given);
    to_begin.run(to_begin.argument);
    return 0;
}

THREAD start_thread(void *(*run)(void *), void *argument)
{
    BEGIN *to_begin = malloc(sizeof *to_begin);
    HANDLE thread;
    must(to_begin != NULL, "malloc");
    to_begin->run = run;
    to_begin->argument = argument;
    thread = CreateThread(NULL, 0, begin, to_begin, 0, NULL);
    must(thread != NULL, "CreateThread");
    return (THREAD)thread;
}

void join_thread(THREAD thread)
{
    must(WaitForSingleObject((HANDLE)thread, INFINITE) == WAIT_OBJECT_0, "WaitForSingleObject");
    CloseHandle((HANDLE)thread);
}

void count(int *what)
{
    EnterCriticalSection(&lock);
    ++*what;
    WakeAllConditionVariable(&changed);
    LeaveCriticalSection(&lock);
}

void wait_for(const int *what, int value)
{
    EnterCriticalSection(&lock);
    while (*what != value)
        SleepConditionVariableCS(&changed, &lock, INFINITE);
    LeaveCriticalSection(&lock);
}

static SOCKET new_socket(void)
{
    SOCKET made = socket(AF_INET, SOCK_STREAM, 0);
    must(made != INVALID_SOCKET, "socket");
    return made;
}

static struct sockaddr_in loopback(unsigned short port)
{
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

PLAIN_SOCKET listen_on_loopback(unsigned short *port)
{
    struct sockaddr_in address = loopback(0);
    int length = sizeof address;
    SOCKET listener = new_socket();
    must(bind(listener, (struct sockaddr *)&address, length) == 0, "bind");
    must(getsockname(listener, (struct sockaddr *)&address, &length) == 0, "getsockname");
    must(listen(listener, 16) == 0, "listen");
    *port = ntohs(address.sin_port);
    return listener;
}

PLAIN_SOCKET connect_to(unsigned short port)
{
    struct sockaddr_in address = loopback(port);
    SOCKET made = new_socket();
    must(connect(made, (struct sockaddr *)&address, sizeof address) == 0, "connect");
    return made;
}

PLAIN_SOCKET accept_from(PLAIN_SOCKET listener)
{
    BOOL on = TRUE;
    SOCKET accepted = accept(listener, NULL, NULL);
    must(accepted != INVALID_SOCKET, "accept");
    must(setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, (const char *)&on, sizeof on) == 0,
         "TCP_NODELAY");
    return accepted;
}

int send_all(PLAIN_SOCKET socket, const void *bytes, size_t length)
{
    return send(socket, bytes, (int)length, 0) == (int)length;
}

int receive_all(PLAIN_SOCKET socket, void *bytes, size_t length)
{
    char *next = bytes;
    while (length > 0) {
        int got = recv(socket, next, (int)length, 0);
        if (got <= 0)
            return 0;
        next += got;
        length -= (size_t)got;
    }
    return 1;
}

int end_sending(PLAIN_SOCKET socket)
{
    return shutdown(socket, SD_SEND) == 0;
}

int is_at_end(PLAIN_SOCKET socket)
{
    char byte;
    return recv(socket, &byte, 1, 0) == 0;
}

void close_plain(PLAIN_SOCKET socket)
{
    closesocket(socket);
}
