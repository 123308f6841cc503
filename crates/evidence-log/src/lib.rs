#![doc = include_str!("../README.md")]

use sha2::{Digest, Sha256};

/// A SHA-256 hash: of a leaf, of a node, or of the whole tree.
pub type Hash = [u8; 32];

/// The hash of a record (RFC 9162 §2.1.1): SHA-256 of 0x00 and the record, so that no node passes for a leaf.
pub fn leaf_hash(record: &[u8]) -> Hash {
    Sha256::new().chain_update([0x00]).chain_update(record).finalize().into()
}

/// The root over leaf hashes, in their order; of none, SHA-256 of nothing. Holds one hash per level and not the list.
pub fn root(leaves: impl IntoIterator<Item = Hash>) -> Hash {
    // Whole subtrees from left to right, each with how many leaves it has: powers of two, each smaller than the last.
    let mut subtrees: Vec<(u64, Hash)> = Vec::new();
    for leaf in leaves {
        let (mut size, mut hash) = (1, leaf);
        while let Some((_, left)) = subtrees.pop_if(|(left, _)| *left == size) {
            (size, hash) = (size * 2, node_hash(&left, &hash));
        }
        subtrees.push((size, hash));
    }
    let hashes = subtrees.into_iter().map(|(_, hash)| hash);
    hashes.rev().reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(|| Sha256::digest([]).into())
}

/// The hashes that lead from the leaf at `index`, counted from 0, to the root, lowest first (RFC 9162 §2.1.3.1).
/// `None` if there is no such leaf.
pub fn inclusion_proof(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    leaves.get(index)?;
    let (mut subtree, mut index, mut proof) = (leaves, index, Vec::new());
    while subtree.len() > 1 {
        // The left side is the largest power of two below the size.
        let (left, right) = subtree.split_at(subtree.len().next_power_of_two() / 2);
        let beside = if index < left.len() {
            subtree = left;
            right
        } else {
            index -= left.len();
            subtree = right;
            left
        };
        proof.push(root(beside.iter().copied()));
    }
    proof.reverse();
    Some(proof)
}

/// Whether the leaf stands at `index`, counted from 0, in the tree of `size` leaves with this root (RFC 9162 §2.1.3.2).
pub fn verify_inclusion(leaf: Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last, mut hash) = (index, size - 1, leaf);
    for beside in proof {
        if last == 0 {
            return false;
        }
        if node % 2 == 1 || node == last {
            hash = node_hash(beside, &hash);
            // The last node of a level may have no neighbour there, and rises until it has.
            while node % 2 == 0 && node != 0 {
                (node, last) = (node / 2, last / 2);
            }
        } else {
            hash = node_hash(&hash, beside);
        }
        (node, last) = (node / 2, last / 2);
    }
    last == 0 && hash == *root
}

/// The hash of two nodes (RFC 9162 §2.1.1): SHA-256 of 0x01, the left and the right.
fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([0x01]).chain_update(left).chain_update(right).finalize().into()
}
