/* What the program needs of the system itself: threads, counters that they wait for, and sockets with
 * their plain calls. What fails here ends the program. */
#ifndef RAW_SERVER_TEST_PLATFORM_H
#define RAW_SERVER_TEST_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

/* A socket of the system's, and a thread. */
typedef uintptr_t PLAIN_SOCKET;
typedef uintptr_t THREAD;

/* To be called first; ends the program after so many seconds. */
void start_platform(unsigned seconds);

THREAD start_thread(void *(*run)(void *), void *argument);
void join_thread(THREAD thread);

void count(int *what);
void wait_for(const int *what, int value);

PLAIN_SOCKET listen_on_loopback(unsigned short *port);
PLAIN_SOCKET connect_to(unsigned short port);
PLAIN_SOCKET accept_from(PLAIN_SOCKET listener);
int send_all(PLAIN_SOCKET socket, const void *bytes, size_t length);
int receive_all(PLAIN_SOCKET socket, void *bytes, size_t length);
int end_sending(PLAIN_SOCKET socket);
int is_at_end(PLAIN_SOCKET socket);
void close_plain(PLAIN_SOCKET socket);

#endif
