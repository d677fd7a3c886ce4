/** Where to sign in, coming back to this very address. */
export function signInAddress(): string {
  const { pathname, search } = window.location
  return `/api/sign-in?next=${encodeURIComponent(pathname + search)}`
}
