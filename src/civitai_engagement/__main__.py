"""`python -m civitai_engagement` is the command `civitai-engagement`."""

from civitai_engagement.cli import main

if __name__ == "__main__":
    main()
