import { Link } from '@tanstack/react-router'
import { words } from './words'

export function Logo() {
  return (
    <Link to="/" className="logo" aria-label={words.logo.talkwrightAllAssistants}>
      <svg width="24" height="24" viewBox="0 0 24 24" aria-hidden="true">
        <path d="M6.5 2h11A4.5 4.5 0 0 1 22 6.5v7a4.5 4.5 0 0 1-4.5 4.5H11l-4.3 3.7A.7.7 0 0 1 5.5 21.2V18A4.4 4.4 0 0 1 2 13.600V6.500A4.500 4.500 0 0 1 6.500 2Z" fill="var(--text)" />
        <path d="M7 6.500h10v2.600h-3.600V14h-2.800V9.100H7Z" fill="var(--surface-chrome)" />
      </svg>
    </Link>
  )
}
