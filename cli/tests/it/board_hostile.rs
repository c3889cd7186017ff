//! A board in front of a server that means it no good.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use api::client::{FixedToken, Http, OrderClient, http_client};
use domain::{Clock, DayRule, SystemClock};
use tokio::runtime::Runtime;
use tui::Settings;
use tui::board::{Effect, Model, Msg, ask, update, view};

use crate::board_pair::PATIENT;

/// Far more than any answer of ours.
const ENDLESS: usize = 1 << 30;

/// Answers whoever asks: this head, and then what `body` writes.
fn server(head: &'static str, body: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + 'static) -> OrderClient {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address")).parse().expect("a URL");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let asked = BufReader::new(stream.try_clone().expect("a socket"));
            asked.lines().map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
            // The other side may have had enough of it.
            let _ = write!(stream, "HTTP/1.1 {head}\r\nconnection: close\r\n\r\n").and_then(|()| body(&mut stream));
        }
    });
    let http = Http::new(http_client(Duration::from_secs(60)).expect("a client"), url);
    OrderClient::new(http.with_bearer(FixedToken::new("t".to_owned().into())))
}

fn endless(stream: &mut TcpStream) -> std::io::Result<()> {
    let part = [b' '; 1 << 16];
    (0..ENDLESS / part.len()).try_for_each(|_| stream.write_all(&part))
}

/// What a board shows that asked this server for three seconds.
fn shown(client: &OrderClient) -> String {
    let day = DayRule::new("America/Sao_Paulo", "00:00").expect("a zone");
    let now = SystemClock.now();
    let mut model = Model::new(Settings::new(day), now, (100, 24));
    Runtime::new().expect("a runtime").block_on(async {
        for second in 0..4 {
            let effects = update(&mut model, Msg::Tick(now.plus(Duration::from_secs(second))));
            for effect in effects {
                assert!(
                    matches!(effect, Effect::Fetch { .. }),
                    "nothing else is asked before a good answer: {effect:?}"
                );
                let msg = ask(client.clone(), effect, PATIENT).await.expect("an answer, good or bad");
                update(&mut model, msg);
            }
        }
    });
    tui::frame::draw(100, 24, |frame| view::draw(&model, frame))
}

#[test]
fn an_answer_without_end_is_not_read_to_its_end() {
    for head in ["200 OK", "500 Internal Server Error"] {
        let screen = shown(&server(head, endless));
        assert!(screen.contains("SEM CONEXÃO desde"), "{screen}");
        assert!(screen.contains(&format!("resposta estranha do serviço de pedidos ({})", &head[..3])), "{screen}");
    }
}

#[test]
fn nonsense_is_said_to_be_nonsense_and_reaches_no_terminal_raw() {
    let answers: [&[u8]; 4] = [b"", b"<html>\x1b[2J</html>", b"{\"id\":1}", b"[{\"number\":\"\x1b]0;x\x07\"}]"];
    for answer in answers {
        let screen = shown(&server("200 OK", move |stream| stream.write_all(answer)));
        assert!(screen.contains("resposta estranha do serviço de pedidos (200)"), "{answer:?}: {screen}");
        assert!(!screen.contains(['\u{1b}', '\u{7}']), "{screen:?}");
    }
    let refusal =
        b"{\"type\":\"t\",\"title\":\"t\",\"status\":429,\"detail\":\"\\u001b[2Jdevagar\",\"code\":\"rate_limited\"}";
    let screen = shown(&server("429 Too Many Requests", move |stream| stream.write_all(refusal)));
    assert!(screen.contains("devagar") && !screen.contains('\u{1b}'), "{screen:?}");
}
