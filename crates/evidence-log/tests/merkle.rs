//! The tree of RFC 6962 and RFC 9162, by the vectors of the Certificate Transparency project.

use evidence_log::{Hash, inclusion_proof, leaf_hash, root, verify_inclusion};

/// The leaves of the RFC 6962 test vectors (transparency-dev/merkle, `testonly/constants.go`).
const RECORDS: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

/// Their roots for the first 0 to 8 leaves.
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn leaves(count: usize) -> Vec<Hash> {
    (0..count)
        .map(|n| RECORDS.get(n).map_or_else(|| leaf_hash(&n.to_be_bytes()), |record| leaf_hash(record)))
        .collect()
}

#[test]
fn roots_are_those_of_the_vectors() {
    for (size, expected) in ROOTS.iter().enumerate() {
        assert_eq!(&hex(&root(leaves(size))), expected, "{size} leaves");
    }
}

#[test]
fn a_proof_is_that_of_the_vectors() {
    let expected = [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    let proof = inclusion_proof(&leaves(8), 5).expect("leaf 5 of 8");
    assert_eq!(proof.iter().map(hex).collect::<Vec<_>>(), expected);
}

#[test]
fn every_leaf_of_every_tree_is_proved_and_in_no_other_place_or_tree() {
    for size in 1..=33 {
        let leaves = leaves(size);
        let whole = root(leaves.iter().copied());
        for index in 0..size {
            let proof = inclusion_proof(&leaves, index).expect("the leaf is there");
            let verify = |leaf, index: usize, proof: &[Hash]| {
                verify_inclusion(
                    leaf,
                    index.try_into().expect("small"),
                    size.try_into().expect("small"),
                    proof,
                    &whole,
                )
            };
            assert!(verify(leaves[index], index, &proof), "{index} of {size}");
            for other in (0..=size).filter(|other| *other != index) {
                assert!(!verify(leaves[index], other, &proof), "{index} as {other} of {size}");
            }
            assert!(!verify(leaf_hash(b"another"), index, &proof));
            assert!(!verify(leaves[index], index, &[&proof[..], &[whole]].concat()));
            assert!(proof.is_empty() || !verify(leaves[index], index, &proof[1..]));
            for step in 0..proof.len() {
                let mut changed = proof.clone();
                changed[step][31] ^= 1;
                assert!(!verify(leaves[index], index, &changed), "{index} of {size}, step {step} changed");
            }
        }
        assert_eq!(inclusion_proof(&leaves, size), None);
    }
}

#[test]
fn an_empty_tree_holds_nothing() {
    assert_eq!(inclusion_proof(&[], 0), None);
    assert!(!verify_inclusion(root([]), 0, 0, &[], &root([])));
}

#[test]
fn the_largest_places_are_answered() {
    let hash = leaf_hash(b"");
    assert!(!verify_inclusion(hash, u64::MAX, u64::MAX, &[], &hash));
    assert!(!verify_inclusion(hash, u64::MAX - 1, u64::MAX, &[hash; 64], &hash));
    assert!(!verify_inclusion(hash, 0, u64::MAX, &[hash; 100], &hash));
}
