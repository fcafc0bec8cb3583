"""What notebooks show, so that they hold no logic: figures with their words, tables laid out to be read."""

from analysis.notebook.book import Book, open_book
from analysis.notebook.listing import Listing
from analysis.notebook.picture import Picture
from analysis.notebook.quality import Quality, open_quality
from analysis.notebook.reviews import agreement, disputes

__all__ = ["Book", "Listing", "Picture", "Quality", "agreement", "disputes", "open_book", "open_quality"]
