"""What people see in the browser: a Gradio app of a few pages, each fed by files of the earlier stages.

`site` says what there is to show and puts the pages together, each in a module of its own. None needs torch.
Nothing is loaded from other hosts or reported: telemetry, run history, share links and API pages are off.
"""

import os

from talklikeme.pages.thrift import import_thriftily

# Gradio and the Hugging Face hub client read these when they are imported.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
import_thriftily()
