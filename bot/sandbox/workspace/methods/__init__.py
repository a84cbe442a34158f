"""The Web API methods that the workspace serves; `table.py` names them all."""
