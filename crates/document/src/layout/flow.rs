//! Blocks onto pages, from the top down. A block is never split; what belongs together turns the page together.

use super::block::Block;
use super::theme::{BOTTOM, GAP, MARGIN, TOP};
use crate::length::Length;
use crate::page::Page;
use crate::{Paper, RenderError};

/// Room for the running head of the pages after the first.
pub(super) const RUNNING_HEAD: Length = Length::pt(16);

/// The pages so far and the place on the last one.
pub(super) struct Flow {
    paper: Paper,
    pages: Vec<Block>,
    y: Length,
    /// Printed again at the top of every further page: heads of the running table.
    pub(super) repeat: Vec<Block>,
}

impl Flow {
    pub(super) fn new(paper: Paper) -> Flow {
        Flow { paper, pages: vec![Block::default()], y: TOP, repeat: Vec::new() }
    }

    fn floor(&self) -> Length {
        self.paper.height() - BOTTOM
    }

    /// Places blocks under each other on one page, on a further one where they do not fit here.
    ///
    /// # Errors
    /// `TooTall` where they do not fit on an empty page either.
    pub(super) fn place(&mut self, blocks: Vec<Block>) -> Result<(), RenderError> {
        let height: Length = blocks.iter().map(|block| block.height).sum();
        if self.y + height > self.floor() {
            self.turn();
            if self.y + height > self.floor() {
                return Err(RenderError::TooTall);
            }
        }
        for block in blocks {
            self.put(block);
        }
        Ok(())
    }

    /// Whether the blocks fit on a page together, be it an empty one.
    pub(super) fn fits_a_page(&self, blocks: &[Block]) -> bool {
        let repeated: Length = self.repeat.iter().map(|block| block.height).sum();
        let height: Length = blocks.iter().map(|block| block.height).sum();
        TOP + RUNNING_HEAD + repeated + height <= self.floor()
    }

    /// Places space, which is lost at the end of a page.
    pub(super) fn space(&mut self, height: Length) {
        self.y += height;
    }

    /// Places a block at the foot of the last page, on a further one where it does not fit under the rest.
    pub(super) fn place_at_foot(&mut self, block: Block) -> Result<(), RenderError> {
        if self.y + GAP + block.height > self.floor() {
            self.turn();
        }
        self.y = self.y.max(self.floor() - block.height);
        self.place(vec![block])
    }

    fn turn(&mut self) {
        self.pages.push(Block::default());
        self.y = TOP + RUNNING_HEAD;
        for block in self.repeat.clone() {
            self.put(block);
        }
    }

    fn put(&mut self, block: Block) {
        let y = self.y;
        self.y += block.height;
        if let Some(page) = self.pages.last_mut() {
            page.add(block, MARGIN, y);
        }
    }

    /// The pages, each with its furniture, which knows the page's number and how many there are.
    pub(super) fn finish(self, furniture: impl Fn(usize, usize) -> Block) -> Vec<Page> {
        let count = self.pages.len();
        let pages = self.pages.into_iter().enumerate().map(|(index, body)| {
            let mut page = furniture(index + 1, count);
            page.add(body, Length::ZERO, Length::ZERO);
            Page { marks: page.marks }
        });
        pages.collect()
    }
}
