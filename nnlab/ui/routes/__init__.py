"""The routes, a module for each group; ``nnlab.ui.app`` has the table of all of them."""
