"""What happens in a world is recorded here, one event or a thousand in the same way."""
