use domain::Money;
use mercadopago::{BackUrls, Item, NewPreference, Preference, PreferenceUpdate};
use reqwest::{Response, StatusCode};

use crate::lab::{Lab, browser};

async fn text(answer: Response) -> String {
    assert!(answer.headers()["content-type"].to_str().is_ok_and(|kind| kind.starts_with("text/html")));
    let text = answer.text().await.expect("a page");
    for foreign in ["<script", "src=", "href=\"http", "@import", "url("] {
        assert!(!text.contains(foreign), "{foreign} in {text}");
    }
    text
}

async fn get(lab: &Lab, path: &str) -> Response {
    browser().get(lab.at(path)).send().await.expect("an answer")
}

async fn click(lab: &Lab, path: &str, choice: &str) -> Response {
    let body = format!("choice={choice}");
    let form = browser().post(lab.at(path)).header("content-type", "application/x-www-form-urlencoded");
    form.body(body).send().await.expect("an answer")
}

async fn checkout(lab: &Lab, back_urls: Option<BackUrls>) -> Preference {
    let new = NewPreference {
        items: vec![Item {
            title: "X-Tudo <script>alert(1)</script>".to_owned(),
            quantity: 2,
            unit_price: Money::from_centavos(1750),
        }],
        external_reference: "ref 1".to_owned(),
        payer_email: None,
        notification_url: Some(lab.receiver.url.clone()),
        expires_at: None,
        back_urls,
    };
    lab.client.create_preference(&new, "key-1").await.expect("a checkout")
}

#[tokio::test]
async fn a_person_reads_the_bill_is_refused_and_then_pays() {
    let lab = Lab::start().await;
    let made = checkout(&lab, None).await;
    let page = text(browser().get(&made.init_point).send().await.expect("an answer")).await;
    assert!(page.contains("lang=\"pt-BR\"") && page.contains("2 × X-Tudo &lt;script&gt;"));
    assert!(page.contains("R$ 35,00") && page.contains("Pagar") && page.contains("Recusar"));

    let pay = format!("checkout/v1/pay?pref_id={}", made.id);
    assert!(text(click(&lab, &pay, "refuse").await).await.contains("recusado"));
    let page = text(browser().get(&made.init_point).send().await.expect("an answer")).await;
    assert!(page.contains("Pagar"), "a refused try leaves it payable");
    assert!(text(click(&lab, &pay, "pay").await).await.contains("Você pagou"));

    let found = lab.client.search_payments("ref 1").await.expect("a list");
    let seen: Vec<_> = found.iter().map(|p| (&*p.status, &*p.status_detail, p.amount.centavos())).collect();
    assert_eq!(seen, [("approved", "accredited", 3500), ("rejected", "cc_rejected_other_reason", 3500)]);
    let told = lab.receiver.wait_for(2).await;
    assert!(told.iter().all(|one| one.check(lab.now()).is_ok()));

    let page = text(browser().get(&made.init_point).send().await.expect("an answer")).await;
    assert!(page.contains("aprovado") && !page.contains("<button"));
    assert_eq!(click(&lab, &pay, "pay").await.status(), StatusCode::CONFLICT);
    assert_eq!(lab.client.search_payments("ref 1").await.expect("a list").len(), 2, "nobody pays twice");
}

#[tokio::test]
async fn the_browser_goes_back_to_the_shop() {
    let lab = Lab::start().await;
    let shop = |path: &str| format!("http://127.0.0.1:9/{path}?own=1").parse().expect("a URL");
    let urls = BackUrls { success: shop("ok"), pending: shop("wait"), failure: shop("no") };
    let made = checkout(&lab, Some(urls)).await;
    for (choice, path, status) in [("refuse", "no", "rejected"), ("pay", "ok", "approved")] {
        let answer = click(&lab, &format!("checkout/v1/pay?pref_id={}", made.id), choice).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let to: url::Url = answer.headers()["location"].to_str().expect("text").parse().expect("a URL");
        assert_eq!(to.path(), format!("/{path}"));
        let query: std::collections::HashMap<_, _> = to.query_pairs().into_owned().collect();
        let newest = lab.client.search_payments("ref 1").await.expect("a list").remove(0);
        assert_eq!(query["own"], "1");
        assert_eq!((&*query["status"], &*query["payment_id"]), (status, &*newest.id));
        assert_eq!((&*query["external_reference"], &*query["preference_id"]), ("ref 1", &*made.id));
    }
}

#[tokio::test]
async fn a_closed_checkout_can_not_be_paid() {
    let lab = Lab::start().await;
    let made = checkout(&lab, None).await;
    lab.client.update_preference(&made.id, &PreferenceUpdate::closed(lab.now())).await.expect("closed");
    let page = text(browser().get(&made.init_point).send().await.expect("an answer")).await;
    assert!(page.contains("não está mais disponível") && !page.contains("<button"));
    assert_eq!(click(&lab, &format!("checkout/v1/pay?pref_id={}", made.id), "pay").await.status(), 409);
    assert!(lab.client.search_payments("ref 1").await.expect("a list").is_empty());
}

#[tokio::test]
async fn a_pix_is_paid_on_its_page() {
    let lab = Lab::start().await;
    let made = lab.client.create_pix(&lab.pix("ref-1"), "key-1").await.expect("a charge");
    let path = format!("payments/{}/ticket", made.id);
    let page = text(get(&lab, &path).await).await;
    assert!(page.contains("<svg") && page.contains(made.qr_code.as_deref().expect("a code")));
    let answer = click(&lab, &path, "pay").await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()["location"], format!("/{path}"));
    let page = text(get(&lab, &path).await).await;
    assert!(page.contains("aprovado") && !page.contains("<button"));
    assert_eq!(lab.client.get_payment(&made.id).await.expect("the payment").status, "approved");
    click(&lab, &path, "refuse").await;
    assert_eq!(lab.client.get_payment(&made.id).await.expect("the payment").status, "approved", "too late");

    let late = lab.client.create_pix(&lab.pix("ref-2"), "key-2").await.expect("a charge");
    lab.clock.advance(std::time::Duration::from_secs(32 * 60));
    click(&lab, &format!("payments/{}/ticket", late.id), "pay").await;
    assert_ne!(lab.client.get_payment(&late.id).await.expect("the payment").status, "approved");
}

#[tokio::test]
async fn what_does_not_exist_is_said_in_portuguese() {
    let lab = Lab::start().await;
    for path in ["payments/1/ticket", "payments/x/ticket", "checkout/v1/redirect?pref_id=x"] {
        let answer = get(&lab, path).await;
        assert_eq!(answer.status(), 404);
        assert!(text(answer).await.contains("não existe"));
    }
}
