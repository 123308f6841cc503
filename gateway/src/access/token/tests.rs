use super::*;

#[test]
fn a_token_comes_back_and_fits_its_own_hash_only() {
    let token = Token::new(KeyId::from_uuid(Uuid::now_v7()));
    let read: Token = token.reveal().parse().unwrap();
    assert_eq!(read.key, token.key);
    assert!(read.fits(&token.secret_hash()));
    assert!(!read.fits(&Token::new(token.key).secret_hash()));
    assert!(!format!("{token:?}").contains(&token.secret));
}

#[test]
fn what_is_no_token_is_refused() {
    let good = Token::new(KeyId::from_uuid(Uuid::now_v7())).reveal();
    for text in
        ["", "mk_", "mk_1_2", &good[1..], &good[..good.len() - 1], &good.to_uppercase(), &format!("{good} ")]
    {
        assert!(text.parse::<Token>().is_err(), "{text}");
    }
}
