"""The local page: a server for this computer's browser, and what the browser is sent.

The process of the server never imports torch: what needs it runs in processes of its own.
"""
