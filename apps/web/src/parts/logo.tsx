/** The product's mark: two ways at once. */
export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M7 12.5h15m-4.5-5 5 5M25 19.5H10m4.5 5-5-5" />
    </svg>
  );
}
