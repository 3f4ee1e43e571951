use super::*;

#[test]
fn a_multishot_receive_brings_chunks_in_order_and_the_end() {
    for ring in [ring(Mode::Shared), pinned()].into_iter().flatten() {
        let mut pool = Pool::new(&ring, 4);
        let (mut client, server) = pair();
        ring.receive_multishot(server.as_fd(), pool.ring.group(), 3);
        for text in [&b"one"[..], b"two", b"three"] {
            client.write_all(text).expect("room");
            let event = event(&ring);
            assert_eq!((event.token, event.more), (3, true));
            assert_eq!(pool.chunk(&event), text);
            pool.give(event.buffer.expect("a buffer"));
        }
        drop(client);
        let event = event(&ring);
        assert_eq!((event.result, event.more), (Ok(0), false));
        assert_eq!(ring.unfinished(), 0);
    }
}
