"""`shuke doctor`: one small function a check, each handed what it looks at; `bot.commands.doctor` asks them all."""
