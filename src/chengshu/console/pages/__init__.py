"""One module and one template per page: read the view, render the words."""
