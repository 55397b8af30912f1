"""Pictures of a run, and the page that shows them."""

import logging

# It warns about a home that it cannot write to, which matters to no picture.
logging.getLogger("matplotlib").setLevel(logging.ERROR)
