import './styles'
import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { setNonce } from 'get-nonce'
import { createRoot } from 'react-dom/client'
import { keepFiles } from './app/keptFiles'
import { cookieManager } from './app/colorScheme'
import { nonce } from './app/nonce'
import { queryClient } from './app/queries'
import { router } from './app/router'
import { reloadOnMissingChunk } from './app/chunks'
import { theme } from './app/theme'
import { watchNetwork } from './api'

setNonce(nonce)
reloadOnMissingChunk()
keepFiles()
watchNetwork()

const place = document.getElementById('root')
if (place !== null) {
  createRoot(place).render(
    <MantineProvider theme={theme} defaultColorScheme="auto" colorSchemeManager={cookieManager()} getStyleNonce={() => nonce}>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>,
  )
}
