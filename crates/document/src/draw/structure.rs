//! The structure of the document for those who hear it: title, paragraphs, tables with their heads (ISO 32000-1, 14.8).

use std::num::NonZeroU16;

use krilla::tagging::{Identifier, Node, TableHeaderScope, Tag, TagGroup, TagKind, TagTree};

use crate::page::Role;

/// What was drawn, in reading order.
type Read = (Role, Identifier);

/// The tree of tags over what was drawn.
pub(super) fn tree(read: &[Read]) -> TagTree {
    let mut tree = TagTree::new().with_lang(Some("en".to_owned()));
    for part in read.chunk_by(|one, next| table(one).is_some() && table(one) == table(next)) {
        match part {
            [(Role::Cell { .. }, _), ..] => tree.push(table_group(part)),
            texts => texts.iter().for_each(|(role, id)| tree.push(group(text_tag(*role), [id]))),
        }
    }
    tree
}

fn text_tag(role: Role) -> TagKind {
    match role {
        Role::Title => Tag::Hn(NonZeroU16::MIN, None).into(),
        Role::Heading => Tag::Hn(NonZeroU16::MIN.saturating_add(1), None).into(),
        Role::Furniture | Role::Paragraph | Role::Cell { .. } => Tag::P.into(),
    }
}

fn group<'a>(tag: TagKind, ids: impl IntoIterator<Item = &'a Identifier>) -> TagGroup {
    TagGroup::with_children(tag, ids.into_iter().cloned().map(Node::from).collect())
}

fn table_group(cells: &[Read]) -> TagGroup {
    let mut group_of_rows = TagGroup::new(Tag::Table);
    for row in cells.chunk_by(|one, next| place(one).0 == place(next).0) {
        let mut group_of_cells = TagGroup::new(Tag::TR);
        for cell in row.chunk_by(|one, next| place(one) == place(next)) {
            let names_column = cell.iter().any(|(role, _)| matches!(role, Role::Cell { head: true, .. }));
            let tag = if names_column { Tag::TH(TableHeaderScope::Column).into() } else { Tag::TD.into() };
            group_of_cells.push(group(tag, cell.iter().map(|(_, id)| id)));
        }
        group_of_rows.push(group_of_cells);
    }
    group_of_rows
}

fn table(read: &Read) -> Option<u32> {
    match read.0 {
        Role::Cell { table, .. } => Some(table),
        Role::Furniture | Role::Title | Role::Heading | Role::Paragraph => None,
    }
}

/// Row and column of a cell.
fn place(read: &Read) -> (u32, u32) {
    match read.0 {
        Role::Cell { row, column, .. } => (row, column),
        Role::Furniture | Role::Title | Role::Heading | Role::Paragraph => (0, 0),
    }
}
