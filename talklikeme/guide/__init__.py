"""From zero in the browser: what the page does beside showing itself, without Gradio.

`errand` runs the scripts of the command line in a child that outlives page and app, `steps` says with which
arguments, `findings` reads what they found in the exports.
"""
