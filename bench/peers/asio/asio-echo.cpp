// An echo server on Boost.Asio at its best settings: a coroutine for each connection with a
// buffer of its own, TCP_NODELAY, an io_context of one thread without locks (or of several
// with them), and executors whose type is known.

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio.hpp>

namespace asio = boost::asio;
using asio::ip::tcp;
using Executor = asio::io_context::executor_type;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Socket = asio::basic_stream_socket<tcp, Executor>;
template <typename T>
using Awaitable = asio::awaitable<T, Executor>;

constexpr asio::use_awaitable_t<Executor> await;

// What a message that makes its handler block begins with.
constexpr std::string_view stall_mark = "OVPSTALL";

struct Options {
    std::optional<tcp::endpoint> listen;
    std::size_t buffer_size = 4096;
    std::chrono::milliseconds stall{0};
    unsigned threads = 1;
};

// The handler, which blocks as one does that nobody planned for.
void handle(std::string_view chunk, const Options& options) {
    if (options.stall.count() > 0 && chunk.substr(0, stall_mark.size()) == stall_mark) {
        std::this_thread::sleep_for(options.stall);
    }
}

Awaitable<void> echo(Socket socket, const Options& options) try {
    socket.set_option(tcp::no_delay(true));
    std::vector<char> buffer(options.buffer_size);
    for (;;) {
        const auto length = co_await socket.async_read_some(asio::buffer(buffer), await);
        handle({buffer.data(), length}, options);
        co_await asio::async_write(socket, asio::buffer(buffer, length), await);
    }
} catch (const boost::system::system_error&) {
    // A connection's end or error is the client's business, and ends its coroutine.
}

Awaitable<void> serve(asio::io_context& context, const Options& options) {
    Acceptor acceptor(context, *options.listen);
    std::cout << "listening on " << acceptor.local_endpoint() << std::endl;
    for (;;) {
        asio::co_spawn(context.get_executor(), echo(co_await acceptor.async_accept(await), options),
                       asio::detached);
    }
}

// Reads a number between `least` and `most`.
std::uint32_t number(const std::string& text, std::uint32_t least, std::uint32_t most) {
    std::uint32_t value = 0;
    const auto end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || rest != end || value < least || value > most) {
        throw std::invalid_argument("not a number that fits: " + text);
    }
    return value;
}

// Reads an address and a port.
tcp::endpoint endpoint(const std::string& text) {
    const auto colon = text.rfind(':');
    if (colon == std::string::npos) {
        throw std::invalid_argument("no port: " + text);
    }
    auto host = text.substr(0, colon);
    std::erase_if(host, [](char c) { return c == '[' || c == ']'; });
    const auto port = number(text.substr(colon + 1), 0, UINT16_MAX);
    return {asio::ip::make_address(host), static_cast<std::uint16_t>(port)};
}

Options parse(const std::vector<std::string>& arguments) {
    Options options;
    for (std::size_t i = 0; i + 1 < arguments.size(); i += 2) {
        const auto& name = arguments[i];
        const auto& value = arguments[i + 1];
        if (name == "--listen") {
            options.listen = endpoint(value);
        } else if (name == "--buffer-size") {
            options.buffer_size = number(value, 1, 1 << 26);
        } else if (name == "--stall-ms") {
            options.stall = std::chrono::milliseconds(number(value, 0, UINT32_MAX));
        } else if (name == "--threads") {
            options.threads = number(value, 1, 1024);
        } else {
            throw std::invalid_argument("no such option: " + name);
        }
    }
    if (arguments.size() % 2 != 0 || !options.listen) {
        throw std::invalid_argument("options have values, and --listen is one of them");
    }
    return options;
}

int main(int count, char** arguments) try {
    const auto options = parse({arguments + 1, arguments + count});
    const int hint = options.threads == 1 ? BOOST_ASIO_CONCURRENCY_HINT_UNSAFE
                                          : static_cast<int>(options.threads);
    asio::io_context context(hint);
    asio::co_spawn(context.get_executor(), serve(context, options), [](std::exception_ptr error) {
        if (error) {
            std::rethrow_exception(error);
        }
    });
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < options.threads; ++i) {
        others.emplace_back([&context] { context.run(); });
    }
    context.run();
} catch (const std::exception& error) {
    std::cerr << "error: " << error.what()
              << "\nusage: asio-echo --listen ADDR [--buffer-size BYTES] [--stall-ms MS] [--threads N]\n";
    return EXIT_FAILURE;
}
