// Two habits GraphiQL lacks: its editors follow the system's theme when that changes, and wrap long lines.
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect } from 'react';

export function Habits() {
  useFollowSystemTheme();
  useWrapLongLines();
  return null;
}

// Its styles follow by themselves, its editors only when a theme is set.
function useFollowSystemTheme() {
  const theme = useGraphiQL(state => state.theme);
  const { setTheme } = useGraphiQLActions();
  useEffect(() => {
    const system = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setTheme(theme);
    system.addEventListener('change', follow);
    return () => system.removeEventListener('change', follow);
  }, [theme, setTheme]);
}

function useWrapLongLines() {
  const queryEditor = useGraphiQL(state => state.queryEditor);
  useEffect(() => queryEditor?.updateOptions({ wordWrap: 'on', wrappingIndent: 'indent' }), [queryEditor]);
}
