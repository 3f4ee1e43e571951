/* An echo server on a completion port, and its clients: returns 0 if all that was to happen
 * did, and nothing else. */
#include "platform.h"
#include "windows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORKERS = 2,
    CLIENTS = 8,
    MESSAGES = 50,
    MESSAGE_MAX = 20000,
    HEAD = 16,
    ROOM = 4096,
    QUIT_KEY = 1,
    QUIT_BYTES = 77,
};

#define CHECK(condition)                                                                   \
    do {                                                                                   \
        if (!(condition)) {                                                                \
            fprintf(stderr, "%s:%d: not so: %s (last error %u)\n", __FILE__, __LINE__,     \
                    #condition, GetLastError());                                           \
            exit(1);                                                                       \
        }                                                                                  \
    } while (0)

typedef enum { RECEIVES, SENDS } STEP;

/* A connection has one operation under way at a time, so one OVERLAPPED is enough; it comes
 * first, and so a completed one leads to its connection. */
typedef struct {
    OVERLAPPED overlapped;
    SOCKET socket;
    STEP step;
    char head[HEAD];
    char rest[ROOM];
} CONNECTION;

static unsigned short server_port;
static HANDLE port;
static OVERLAPPED quit;

/* What the workers have seen, for the main thread to wait for. */
static int ended, cancelled, aborted, quits;

static void receive(CONNECTION *connection)
{
    WSABUF buffers[2] = {{HEAD, connection->head}, {ROOM, connection->rest}};
    DWORD flags = 0;
    memset(&connection->overlapped, 0, sizeof connection->overlapped);
    connection->step = RECEIVES;
    CHECK(WSARecv(connection->socket, buffers, 2, NULL, &flags, &connection->overlapped,
                  NULL) == SOCKET_ERROR);
    CHECK(GetLastError() == WSA_IO_PENDING);
}

static void echo(CONNECTION *connection, DWORD bytes)
{
    DWORD in_head = bytes < HEAD ? bytes : HEAD;
    WSABUF buffers[2] = {{in_head, connection->head}, {bytes - in_head, connection->rest}};
    DWORD count = bytes > HEAD ? 2 : 1;
    memset(&connection->overlapped, 0, sizeof connection->overlapped);
    connection->step = SENDS;
    CHECK(WSASend(connection->socket, buffers, count, NULL, 0, &connection->overlapped,
                  NULL) == SOCKET_ERROR);
    CHECK(GetLastError() == WSA_IO_PENDING);
}

static void end(CONNECTION *connection, int *what)
{
    closesocket(connection->socket);
    free(connection);
    count(what);
}

/* An operation that failed: there are two whose failing is meant. */
static void failed(CONNECTION *connection, DWORD error)
{
    CHECK(connection->step == RECEIVES);
    if (error == ERROR_OPERATION_ABORTED) {
        end(connection, &cancelled);
    } else {
        CHECK(error == ERROR_CONNECTION_ABORTED);
        free(connection); /* The main thread has closed its socket. */
        count(&aborted);
    }
}

static void *work(void *unused)
{
    (void)unused;
    for (;;) {
        DWORD bytes;
        ULONG_PTR key;
        OVERLAPPED *overlapped;
        BOOL fine = GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE);
        DWORD error = fine ? 0 : GetLastError();

        CHECK(overlapped != NULL);
        if (key == QUIT_KEY) {
            CHECK(fine && overlapped == &quit && bytes == QUIT_BYTES);
            count(&quits);
            return NULL;
        }

        CONNECTION *connection = (CONNECTION *)key;
        CHECK(overlapped == &connection->overlapped);
        CHECK(HasOverlappedIoCompleted(overlapped));
        CHECK(overlapped->InternalHigh == bytes);
        if (!fine)
            failed(connection, error);
        else if (connection->step == SENDS)
            receive(connection);
        else if (bytes == 0)
            end(connection, &ended);
        else
            echo(connection, bytes);
    }
}

/* Sends messages of many lengths, and has each echoed byte for byte. */
static void *use(void *argument)
{
    unsigned number = (unsigned)(uintptr_t)argument;
    unsigned char *message = malloc(MESSAGE_MAX), *answer = malloc(MESSAGE_MAX);
    PLAIN_SOCKET server = connect_to(server_port);
    CHECK(message != NULL && answer != NULL);
    for (unsigned round = 0; round < MESSAGES; round++) {
        size_t length = 1 + (round * 397 + number * 31) % MESSAGE_MAX;
        for (size_t at = 0; at < length; at++)
            message[at] = (unsigned char)(at * 7 + round + number);
        CHECK(send_all(server, message, length));
        CHECK(receive_all(server, answer, length));
        CHECK(memcmp(message, answer, length) == 0);
    }
    CHECK(end_sending(server));
    CHECK(is_at_end(server));
    close_plain(server);
    free(message);
    free(answer);
    return NULL;
}

/* Accepts one client, whose connection is the key of its packets. */
static CONNECTION *serve_next(PLAIN_SOCKET listener)
{
    CONNECTION *connection = calloc(1, sizeof *connection);
    CHECK(connection != NULL);
    connection->socket = accept_from(listener);
    CHECK(CreateIoCompletionPort((HANDLE)connection->socket, port, (ULONG_PTR)connection, 0) ==
          port);
    return connection;
}

static void serve_clients(PLAIN_SOCKET listener)
{
    THREAD clients[CLIENTS];
    for (uintptr_t number = 0; number < CLIENTS; number++)
        clients[number] = start_thread(use, (void *)number);
    for (int number = 0; number < CLIENTS; number++)
        receive(serve_next(listener));
    for (int number = 0; number < CLIENTS; number++)
        join_thread(clients[number]);
    wait_for(&ended, CLIENTS);
}

/* A client that says nothing: its receive is cancelled. */
static void cancel_a_receive(PLAIN_SOCKET listener)
{
    PLAIN_SOCKET client = connect_to(server_port);
    CONNECTION *connection = serve_next(listener);
    HANDLE socket_ = (HANDLE)connection->socket;
    OVERLAPPED none;
    receive(connection);
    CHECK(!HasOverlappedIoCompleted(&connection->overlapped));
    CHECK(!CancelIoEx(socket_, &none) && GetLastError() == ERROR_NOT_FOUND);
    CHECK(CancelIoEx(socket_, &connection->overlapped));
    wait_for(&cancelled, 1);
    CHECK(is_at_end(client));
    close_plain(client);
}

/* Another one: its socket is closed under the receive. */
static void close_under_a_receive(PLAIN_SOCKET listener)
{
    PLAIN_SOCKET client = connect_to(server_port);
    CONNECTION *connection = serve_next(listener);
    receive(connection);
    CHECK(closesocket(connection->socket) == 0);
    wait_for(&aborted, 1);
    CHECK(is_at_end(client));
    close_plain(client);
}

static void look_where_nothing_comes(void)
{
    DWORD bytes = 5;
    ULONG_PTR key = 6;
    OVERLAPPED *overlapped = &quit;
    HANDLE idle = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    CHECK(idle != NULL);
    CHECK(!GetQueuedCompletionStatus(idle, &bytes, &key, &overlapped, 1));
    CHECK(GetLastError() == WAIT_TIMEOUT);
    CHECK(overlapped == NULL && bytes == 5 && key == 6);
    CHECK(CloseHandle(idle));
}

int main(void)
{
    THREAD workers[WORKERS];
    start_platform(20); /* Ends what hangs. */

    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, WORKERS);
    CHECK(port != NULL);
    for (int number = 0; number < WORKERS; number++)
        workers[number] = start_thread(work, NULL);

    PLAIN_SOCKET listener = listen_on_loopback(&server_port);
    look_where_nothing_comes();
    serve_clients(listener);
    cancel_a_receive(listener);
    close_under_a_receive(listener);
    close_plain(listener);

    for (int number = 0; number < WORKERS; number++)
        CHECK(PostQueuedCompletionStatus(port, QUIT_BYTES, QUIT_KEY, &quit));
    for (int number = 0; number < WORKERS; number++)
        join_thread(workers[number]);
    CHECK(CloseHandle(port));

    CHECK(ended == CLIENTS && cancelled == 1 && aborted == 1 && quits == WORKERS);
    return 0;
}
