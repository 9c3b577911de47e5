"""Icons on a field of 24, drawn as strokes; their colour is the text's."""

ICONS = {
    "arrow": '<path d="M4 12h15M13 6l6 6-6 6"/>',
    "back": '<path d="M21 5H9l-7 7 7 7h12zM12 9l6 6M18 9l-6 6"/>',
    "basket": '<path d="M3 9h18l-2 11H5zM8 9l4-6 4 6"/>',
    "clock": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l4 2"/>',
    "cross": '<path d="M6 6l12 12M18 6L6 18"/>',
    "down": '<path d="M12 3v13M6 11l6 6 6-6M4 21h16"/>',
    "hand": '<path d="M4 14c3-4 5-3 7-1h4a2 2 0 0 1 0 4h-4M15 15l5-3M4 19c4 3 9 3 12 0l5-5"/>',
    "info": '<circle cx="12" cy="12" r="9"/><path d="M12 11v6M12 7v.5"/>',
    "key": '<circle cx="8" cy="8" r="5"/><path d="M11.5 11.5L20 20M16.5 16.5l2.5-2.5"/>',
    "letter": '<path d="M3 6h18v13H3zM3 7l9 7 9-7"/>',
    "lock": '<path d="M5 11h14v10H5zM8 11V7a4 4 0 0 1 8 0v4"/>',
    "people": '<circle cx="9" cy="8" r="4"/><path d="M2 21a7 7 0 0 1 14 0M16 5a4 4 0 0 1 0 7M18 15a7 7 0 0 1 4 6"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "print": '<path d="M7 9V3h10v6M7 17H3V9h18v8h-4M7 14h10v7H7z"/>',
    "question": '<circle cx="12" cy="12" r="9"/><path d="M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.4-1 .9-1 1.7M12 17v.5"/>',
    "scale": '<path d="M4 21h16M6 21l1-9h10l1 9M5 8h14v4H5zM12 8V4M9 4h6"/>',
    "search": '<circle cx="11" cy="11" r="7"/><path d="M16 16l5 5"/>',
    "tick": '<path d="M4 12.5l5 5L20 6.5"/>',
    "warning": '<path d="M12 3l10 18H2zM12 10v5M12 18v.5"/>',
}
