//! The elements of a page, by the parser of the HTML standard: what a browser would see, not what a search for `<script` would
//! find. Nothing is put together to a tree, only the text of scripts is kept.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::{Attribute, ExpandedName, ParseOpts, QualName, parse_document};
use thiserror::Error;

/// An element.
#[derive(Debug)]
pub struct Element {
    name: QualName,
    attributes: RefCell<Vec<Attribute>>,
    text: RefCell<String>,
}

impl Element {
    /// Its name in lower case, whatever its namespace.
    pub fn name(&self) -> String {
        self.name.local.to_ascii_lowercase().to_string()
    }

    /// All attributes, names in lower case; `xlink:href` is `href`.
    pub fn attributes(&self) -> Vec<(String, String)> {
        let attributes = self.attributes.borrow();
        attributes.iter().map(|one| (one.name.local.to_ascii_lowercase().to_string(), one.value.to_string())).collect()
    }

    /// The text right in it.
    pub fn text(&self) -> String {
        self.text.borrow().clone()
    }
}

/// Most elements of a page: more than any honest one has.
const MAX_ELEMENTS: usize = 200_000;
/// How long may be read: some pages cost the square of their length.
const MAX_TIME: Duration = Duration::from_secs(5);
/// Bytes between two looks at both.
const PART: usize = 4096;

/// A page that nobody can read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("has more in it than can be read")]
pub struct TooMuch;

/// All elements of a page, in the order in which they are made; those in templates, too, and those that are moved or thrown away.
///
/// # Errors
/// [`TooMuch`] for a page of more than 200,000 elements, or that takes more than five seconds.
pub fn elements(page: &str) -> Result<Vec<Rc<Element>>, TooMuch> {
    let sink = Sink::new();
    let made = Rc::clone(&sink.elements);
    let mut parser = parse_document(sink, ParseOpts::default());
    let (start, mut rest) = (Instant::now(), page);
    while !rest.is_empty() {
        let (part, behind) = rest.split_at(rest.floor_char_boundary(PART));
        parser.process(StrTendril::from_slice(part));
        if made.borrow().len() > MAX_ELEMENTS || start.elapsed() > MAX_TIME {
            return Err(TooMuch);
        }
        rest = behind;
    }
    Ok(parser.finish())
}

struct Sink {
    /// Stands for the document and for comments.
    document: Rc<Element>,
    elements: Rc<RefCell<Vec<Rc<Element>>>>,
}

impl Sink {
    fn new() -> Self {
        Self { document: nothing(), elements: Rc::default() }
    }
}

fn nothing() -> Rc<Element> {
    let name = QualName::new(None, html5ever::ns!(), html5ever::local_name!(""));
    Rc::new(Element { name, attributes: RefCell::default(), text: RefCell::default() })
}

impl TreeSink for Sink {
    type Handle = Rc<Element>;
    type Output = Vec<Rc<Element>>;
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) -> Self::Output {
        self.elements.take()
    }

    fn get_document(&self) -> Self::Handle {
        Rc::clone(&self.document)
    }

    fn elem_name<'a>(&'a self, target: &'a Self::Handle) -> ExpandedName<'a> {
        target.name.expanded()
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> Self::Handle {
        let element = Rc::new(Element { name, attributes: RefCell::new(attributes), text: RefCell::default() });
        self.elements.borrow_mut().push(Rc::clone(&element));
        element
    }

    fn append(&self, parent: &Self::Handle, child: NodeOrText<Self::Handle>) {
        if let NodeOrText::AppendText(text) = child
            && &*parent.name.local == "script"
        {
            parent.text.borrow_mut().push_str(&text);
        }
    }

    fn add_attrs_if_missing(&self, target: &Self::Handle, attributes: Vec<Attribute>) {
        let mut there = target.attributes.borrow_mut();
        for attribute in attributes {
            if there.iter().all(|one| one.name != attribute.name) {
                there.push(attribute);
            }
        }
    }

    fn create_comment(&self, _: StrTendril) -> Self::Handle {
        nothing()
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Self::Handle {
        nothing()
    }

    fn get_template_contents(&self, target: &Self::Handle) -> Self::Handle {
        Rc::clone(target)
    }

    fn same_node(&self, one: &Self::Handle, other: &Self::Handle) -> bool {
        Rc::ptr_eq(one, other)
    }

    fn append_before_sibling(&self, _: &Self::Handle, _: NodeOrText<Self::Handle>) {}
    fn append_based_on_parent_node(&self, _: &Self::Handle, _: &Self::Handle, _: NodeOrText<Self::Handle>) {}
    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}
    fn parse_error(&self, _: Cow<'static, str>) {}
    fn set_quirks_mode(&self, _: QuirksMode) {}
    fn remove_from_parent(&self, _: &Self::Handle) {}
    fn reparent_children(&self, _: &Self::Handle, _: &Self::Handle) {}
}
