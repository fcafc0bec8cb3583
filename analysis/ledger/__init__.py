"""Problems, who must mend them and by when, and the store that remembers it all."""
