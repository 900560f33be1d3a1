// Two who are linked: the mark, and the name.
function Mark() {
  return (
    <svg className="entente-mark" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M7 24C4 11 13 4 25 8" />
      <path d="M7 24C19 28 28 21 25 8" />
      <circle cx="7" cy="24" r="5" />
      <circle cx="25" cy="8" r="5" />
    </svg>
  );
}

export function Logo() {
  return (
    <span className="entente-logo">
      <Mark />
      <span className="entente-name">Entente</span>
    </span>
  );
}
