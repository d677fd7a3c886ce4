/** Trains the assistant by itself for whoever wished so at its import, once nothing keeps it from that. */
import { IconPlayerPlay } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { problemsQuery } from '../app/queries'
import { toast } from '../ui/toasts'
import { useAssistant, useMay } from './assistant'
import { forgetTraining, wishesTraining } from './onceMended'
import { train } from './training'
import { useItemLink } from './useItemLink'
import { words } from './words'

export function TrainOnceMended() {
  const { id } = useAssistant()
  const mayTrain = useMay('trainings:write')
  const go = useItemLink()
  const { data } = useQuery({ ...problemsQuery(id), enabled: mayTrain && wishesTraining(id) })
  const mended = mayTrain && data !== undefined && !data.items.some(({ severity }) => severity === 'error')
  useEffect(() => {
    if (!mended || !wishesTraining(id)) return
    forgetTraining(id)
    toast(IconPlayerPlay, words.training.nowMended)
    void train(id, go)
  }, [mended, id, go])
  return null
}
