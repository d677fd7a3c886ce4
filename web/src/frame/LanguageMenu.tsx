import { Menu } from '@mantine/core'
import { IconCheck, IconChevronDown } from '@tabler/icons-react'
import { Icon } from '../ui/Icon'
import { languageName, languagesOf, useAssistant, useContentLanguage } from './assistant'
import { useLayout } from './layout'

/** In which language content is shown; there is nothing to choose with one language. */
export function LanguageMenu() {
  const assistant = useAssistant()
  const language = useContentLanguage()
  const languages = languagesOf(assistant)
  if (languages.length < 2) return null
  const choose = (code: string) => useLayout.setState(({ languages: all }) => ({ languages: { ...all, [assistant.id]: code } }))
  return (
    <>
      <span className="vr" />
      <Menu>
        <Menu.Target>
          <button type="button" className="btn quiet" aria-label={`Content language: ${languageName(language)}`}>
            {language.toUpperCase()} <Icon of={IconChevronDown} size={14} />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>Content language</Menu.Label>
          {languages.map((code) => (
            <Menu.Item
              key={code}
              role="menuitemradio"
              aria-checked={code === language}
              onClick={() => choose(code)}
              rightSection={code === language ? <Icon of={IconCheck} size={14} /> : undefined}
            >
              {languageName(code)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </>
  )
}
