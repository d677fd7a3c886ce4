import { createTheme } from '@mantine/core'

/** Mantine's theme from the tokens of styles/tokens.css; looks that it has no name for stand in styles/mantine.css. */
export const theme = createTheme({
  fontFamily: 'var(--font-sans)',
  fontFamilyMonospace: 'var(--font-mono)',
  headings: { fontFamily: 'var(--font-sans)' },
  defaultRadius: 6,
  cursorType: 'default',
  respectReducedMotion: true,
  fontSizes: { xs: '11px', sm: '12px', md: '13px', lg: '15px', xl: '20px' },
  components: {
    Menu: { defaultProps: { position: 'bottom-start', offset: 6, withinPortal: false, floatingStrategy: 'fixed', withInitialFocusPlaceholder: false, shadow: 'none', transitionProps: { duration: 0 } } },
    Popover: { defaultProps: { shadow: 'none', transitionProps: { duration: 0 } } },
    Select: { defaultProps: { comboboxProps: { shadow: 'none', transitionProps: { duration: 0 } } } },
  },
})
