-- grain: the explanation of the one complaint asked for, if one was written when it was judged
SELECT text FROM explanations WHERE complaint_id = $complaint_id
