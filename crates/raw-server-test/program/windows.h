/* The part of the Windows interface that the program in this folder uses. Sockets are made by
 * the system's own calls, in platform.h; their descriptors are the SOCKETs. */
#ifndef RAW_SERVER_TEST_WINDOWS_H
#define RAW_SERVER_TEST_WINDOWS_H

#include <stdint.h>

typedef int32_t BOOL;
typedef uint32_t DWORD;
typedef uint32_t ULONG;
typedef uintptr_t ULONG_PTR;
typedef uintptr_t SOCKET;
typedef void *HANDLE;

#define FALSE 0
#define TRUE 1
#define INFINITE 0xffffffffu
#define INVALID_HANDLE_VALUE ((HANDLE)(intptr_t)-1)
#define SOCKET_ERROR (-1)

#define ERROR_NETNAME_DELETED 64u
#define WAIT_TIMEOUT 258u
#define ERROR_OPERATION_ABORTED 995u
#define ERROR_IO_PENDING 997u
#define WSA_IO_PENDING ERROR_IO_PENDING
#define ERROR_NOT_FOUND 1168u
#define ERROR_CONNECTION_ABORTED 1236u

typedef struct {
    ULONG_PTR Internal;
    ULONG_PTR InternalHigh;
    union {
        struct {
            DWORD Offset;
            DWORD OffsetHigh;
        };
        void *Pointer;
    };
    HANDLE hEvent;
} OVERLAPPED;

#define STATUS_PENDING 0x103u
#define HasOverlappedIoCompleted(overlapped) ((overlapped)->Internal != STATUS_PENDING)

typedef struct {
    ULONG len;
    char *buf;
} WSABUF;

/* The functions have names of their own to the linker, which may have the system's, too. */
#define CreateIoCompletionPort raw_server_CreateIoCompletionPort
#define GetQueuedCompletionStatus raw_server_GetQueuedCompletionStatus
#define PostQueuedCompletionStatus raw_server_PostQueuedCompletionStatus
#define WSARecv raw_server_WSARecv
#define WSASend raw_server_WSASend
#define CancelIoEx raw_server_CancelIoEx
#define closesocket raw_server_closesocket
#define CloseHandle raw_server_CloseHandle
#define GetLastError raw_server_GetLastError

HANDLE CreateIoCompletionPort(HANDLE file, HANDLE port, ULONG_PTR key, DWORD concurrency);
BOOL GetQueuedCompletionStatus(HANDLE port, DWORD *bytes, ULONG_PTR *key,
                               OVERLAPPED **overlapped, DWORD timeout_ms);
BOOL PostQueuedCompletionStatus(HANDLE port, DWORD bytes, ULONG_PTR key,
                                OVERLAPPED *overlapped);
int WSARecv(SOCKET socket, WSABUF *buffers, DWORD count, DWORD *bytes, DWORD *flags,
            OVERLAPPED *overlapped, void *routine);
int WSASend(SOCKET socket, WSABUF *buffers, DWORD count, DWORD *bytes, DWORD flags,
            OVERLAPPED *overlapped, void *routine);
BOOL CancelIoEx(HANDLE file, OVERLAPPED *overlapped);
int closesocket(SOCKET socket);
BOOL CloseHandle(HANDLE handle);
DWORD GetLastError(void);

#endif
