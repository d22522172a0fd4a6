import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button, type ButtonProps, IconButton } from './Button'
import { useLabels } from './labels'

/** Puts a text on the clipboard and says so for two seconds. With children it is a button with words. */
export function CopyButton({
  text,
  children,
  ...button
}: { text: string } & Pick<ButtonProps, 'size' | 'variant' | 'className' | 'children'>) {
  const labels = useLabels()
  const [copied, setCopied] = useState(false)

  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => {
      setCopied(false)
    }, 2_000)
    return () => {
      clearTimeout(timer)
    }
  }, [copied])

  async function copy() {
    await navigator.clipboard.writeText(text)
    setCopied(true)
  }

  const icon = copied ? <Check className="text-success-text" /> : <Copy />
  if (children)
    return (
      <Button {...button} icon={icon} onClick={() => void copy()}>
        {copied ? labels.copied : children}
      </Button>
    )
  return (
    <IconButton {...button} label={copied ? labels.copied : labels.copy} onClick={() => void copy()}>
      {icon}
    </IconButton>
  )
}
