"""The pages: to subscribe and confirm, to unsubscribe, to change subscriptions, feeds and kept digests.

Nobody logs in, and nothing is kept in a browser: an address with a signed token says whose page it is. A GET changes
nothing, since mail scanners open every link; only a POST does.
"""
