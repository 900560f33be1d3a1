-- Where the lease is over the decision may wait again, and is done nevertheless; in other hands it is theirs.
local member, claim = ARGV[1], ARGV[2]
local id = read(member).decision_id
local held, priority = held_by(id), priority_of(member)
if held and held ~= claim or not held and not priority then return 0 end
if priority then remove(member, priority) end
let_go(id)
redis.call('HDEL', attempts, id)
return 1
