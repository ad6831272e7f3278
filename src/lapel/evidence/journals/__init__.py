"""What each camera wrote about itself, kept and held against what came before."""
