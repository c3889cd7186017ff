use mercadopago::control::Chaos;

#[test]
fn a_line_says_it_all() {
    let line = "drop=0.2, duplicate=0.2,copies=3,reorder=0.1,forge=0.05,delay=1,max_delay_ms=9,faults=0.06,locked=0.5,\
                refunds_in_process=0.3,refund_settles_ms=never,seed=42";
    let chaos: Chaos = line.parse().expect("a line of chaos");
    let expected = Chaos {
        seed: Some(42),
        drop: 0.2,
        duplicate: 0.2,
        max_copies: 3,
        reorder: 0.1,
        forge: 0.05,
        delay: 1.0,
        max_delay_ms: 9,
        rate_limited: 0.01,
        server_error: 0.01,
        locked: 0.5,
        bad_gateway: 0.01,
        timeout_before_commit: 0.01,
        timeout_after_commit: 0.01,
        refunds_in_process: 0.3,
        refund_settles_ms: None,
    };
    assert_eq!(chaos, expected);
    assert_eq!("locked=0.5,faults=0.06".parse::<Chaos>(), "faults=0.06,locked=0.5".parse(), "in any order");
}

#[test]
fn what_is_shown_gives_the_same_again() {
    for line in ["", "drop=0.2,faults=0.05,seed=42", "forge=1,locked=0.25,copies=2,refund_settles_ms=never"] {
        let chaos: Chaos = line.parse().expect("a line of chaos");
        assert_eq!(chaos.to_string(), line);
    }
    assert!("".parse::<Chaos>().expect("no chaos").is_calm());
    assert!("copies=2,seed=1".parse::<Chaos>().expect("no chaos").is_calm());
    assert!(!"locked=0.1".parse::<Chaos>().expect("some chaos").is_calm());
}

#[test]
fn a_seed_stays_or_is_drawn() {
    let given = Chaos { seed: Some(7), ..Chaos::default() };
    assert_eq!(given.seeded(), given);
    let drawn: Vec<_> = (0..4).map(|_| Chaos::default().seeded().seed.expect("a seed")).collect();
    assert!(drawn.iter().any(|seed| *seed != drawn[0]), "four equal draws: {drawn:?}");
}

#[test]
fn every_fault_of_a_line_is_told_with_what_is_allowed() {
    let bad = "drop=2,duplicate=x,copies=6,reorder,fogre=0.1,delay=-0.1,max_delay_ms=0,seed=-1,drop=0.1,forge=NaN,refund_settles_ms=soon";
    let told = bad.parse::<Chaos>().expect_err("all of it is wrong").to_string();
    for part in [
        "drop must be a share from 0 to 1",
        "duplicate must be a share from 0 to 1",
        "copies must be a whole number from 1 to 5",
        "\"reorder\" is not NAME=VALUE",
        "\"fogre\" is unknown; known are drop, duplicate, reorder, forge, delay",
        "delay must be a share",
        "max_delay_ms must be a whole number from 1 to 600000",
        "seed must be a whole number from 0",
        "drop is given twice",
        "forge must be a share",
        "refund_settles_ms must be a whole number from 0 to 86400000, or never",
    ] {
        assert!(told.contains(part), "{part:?} is missing in {told}");
    }
    let sum = "locked=0.6,server_error=0.6".parse::<Chaos>().expect_err("more than all").to_string();
    assert!(sum.contains("add up to at most 1"), "{sum}");
    assert!("faults=1".parse::<Chaos>().is_ok());
    assert!("drop=0.1,".parse::<Chaos>().is_err());
}
