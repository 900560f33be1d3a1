// The editors' colours, light and dark.
import * as monaco from 'monaco-graphql/esm/monaco-editor.js';

const PALETTES = {
  light: {
    base: 'vs',
    accent: '#25706a',
    panel: '#ffffff',
    quiet: '#6b7a88',
    tokens: {
      key: '25706a',
      keyword: '8a4b7d',
      type: '4d5fae',
      string: '9a5b13',
      number: '3d63a8',
      comment: '687684',
    },
  },
  dark: {
    base: 'vs-dark',
    accent: '#7cc9bf',
    panel: '#1c2530',
    quiet: '#8796a5',
    tokens: {
      key: '7cc9bf',
      keyword: 'd7a3cf',
      type: 'a9b4f2',
      string: 'e3b57f',
      number: '9dbcf0',
      comment: '8796a5',
    },
  },
};

function rules({ key, keyword, type, string, number, comment }) {
  return [
    { token: 'key.identifier.gql', foreground: key },
    { token: 'string.key.json', foreground: key },
    { token: 'keyword', foreground: keyword },
    { token: 'type.identifier', foreground: type },
    { token: 'argument.identifier.gql', foreground: type },
    { token: 'string', foreground: string },
    { token: 'string.value.json', foreground: string },
    { token: 'number', foreground: number },
    { token: 'comment', foreground: comment },
  ];
}

function colors({ accent, panel, quiet }) {
  const faint = `${accent}22`;
  return {
    'editor.background': '#00000000',
    'editorBracketHighlight.foreground1': quiet,
    'editorBracketHighlight.foreground2': quiet,
    'editorBracketHighlight.foreground3': quiet,
    'editorLineNumber.foreground': quiet,
    'editorLineNumber.activeForeground': accent,
    'scrollbar.shadow': '#00000000',
    'textLink.foreground': accent,
    'textLink.activeForeground': accent,
    'editorLink.activeForeground': accent,
    'editorWidget.background': panel,
    'editorHoverWidget.background': panel,
    'editorSuggestWidget.background': panel,
    'editorSuggestWidget.selectedBackground': faint,
    'editorSuggestWidget.selectedForeground': accent,
    'quickInput.background': panel,
    'quickInputList.focusBackground': faint,
    'menu.background': panel,
    'menu.selectionBackground': faint,
    'menu.selectionForeground': accent,
    'list.hoverBackground': faint,
    'list.highlightForeground': accent,
    'list.focusHighlightForeground': accent,
    'toolbar.hoverBackground': faint,
    focusBorder: accent,
  };
}

export const editorTheme = { light: 'entente-light', dark: 'entente-dark' };

for (const [name, palette] of Object.entries(PALETTES)) {
  const { base, tokens } = palette;
  monaco.editor.defineTheme(editorTheme[name], { base, inherit: true, rules: rules(tokens), colors: colors(palette) });
}
