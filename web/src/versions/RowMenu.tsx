/** What else can be done with a version, behind one button. */
import { Menu } from '@mantine/core'
import { IconDots, IconHistory, IconTrash } from '@tabler/icons-react'
import type { Version } from '../api'
import { useMay } from '../frame/assistant'
import { IconButton } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { words } from './words'

export interface RowActs {
  history: (version: Version) => void
  deleteModel: (version: Version) => void
}

/** The button that opens a version's menu. */
export const menuOf = (version: string): HTMLElement | null => document.querySelector(`[data-version="${version}"]`)

export function RowMenu({ version, acts }: { version: Version; acts: RowActs }) {
  const may = useMay('trainings:write')
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <IconButton icon={IconDots} data-version={version.id} label={words.more(version.number)} small />
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Icon of={IconHistory} />} onClick={() => acts.history(version)}>
          {words.history.show}
        </Menu.Item>
        {may && version.model !== null && (
          <>
            <Menu.Divider />
            <Menu.Item data-danger leftSection={<Icon of={IconTrash} />} onClick={() => acts.deleteModel(version)}>
              {words.deleting.show}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
