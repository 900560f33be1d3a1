-- What is in hand stays there; what waits already keeps its moment, and may change its priority.
for at = 1, #ARGV, 5 do
    local member, priority, queued, claim, ends = unpack(ARGV, at, at + 4)
    local id = read(member).decision_id
    if not held_by(id) then
        local before = priority_of(member)
        local since = before and redis.call('ZSCORE', queue(before), member)
        if before then remove(member, before) end
        if queued == '' then queued = since or stamp(now + at / 1000000) end
        if claim ~= '' and tonumber(ends) > now then hold(id, claim, member, priority, queued, ends)
        else put(member, priority, queued) end
    end
end
