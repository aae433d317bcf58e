"""Text that a person copied from a listing page, as papers.

Three formats are found by themselves, card by card, and may be mixed in one text. Every line is recognised for what
it is; no line is found by counting, since any part of a card may be missing and a copy may start and end anywhere.

1. Hugging Face Papers, search results (https://huggingface.co/papers?q=...):
       [upvotes | "-"] title [abstract] ["N authors" | slug and name of an organisation] ["·"] date [comments]
       date = "May 26, 2024" | "May 26"; the number of comments may be glued to it: "May 296" is May 29, 6 comments
2. Hugging Face Papers, titles and abstracts only: title [abstract]
3. Scholar Feed, author pages (https://www.scholarfeed.org/author/...):
       [meta] title-and-authors [abstract]
       meta = [score] class date ["Code"], without blanks: "35.3CLApr 1, 2025Code"
       title-and-authors = title name [", " name [", " name]] [" et al."] [" · " slug [", " slug]...]

`listing` leads through the rest: `lines` are recognised (`organizations` among them by their place), `blocks` are lines
that were wrapped, joined (and told apart by `titles_and_abstracts` and `headings`), `cards` are blocks and marks that
belong together, and `papers` are made of these, with the years of their `dates`.
"""

from scrapers.pasted.listing import parse

__all__ = ["parse"]
